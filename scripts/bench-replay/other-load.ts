import { readdirSync, readFileSync } from 'node:fs';

const ticksPerSecond = 100;

/**
 * How much of the machine programs that do not belong to this process or its descendants take: a benchmark that shares
 * its machine can say which of its windows were disturbed. Reads /proc; where there is none, nobody is seen.
 */
export class OtherLoad {
  #last = sample();
  #at = performance.now();

  /** Cores that others took on average since it was last asked, or made. */
  take(): number {
    const now = sample();
    const seconds = (performance.now() - this.#at) / 1000;
    const ticks = now.all - this.#last.all - (now.own - this.#last.own);
    this.#last = now;
    this.#at = performance.now();
    return Math.max(0, Math.round((ticks / ticksPerSecond / seconds) * 100) / 100);
  }
}

/** Ticks of work since the machine began, of everybody and of this process with those that descend from it. */
function sample(): { readonly all: number; readonly own: number } {
  try {
    const fields = readFileSync('/proc/stat', 'utf8').split('\n', 1)[0]?.trim().split(/\s+/).slice(1).map(Number) ?? [];
    const [user = 0, nice = 0, system = 0, , , irq = 0, softIrq = 0] = fields;
    return { all: user + nice + system + irq + softIrq, own: ownTicks() };
  } catch {
    return { all: 0, own: 0 };
  }
}

function ownTicks(): number {
  const processes = new Map<number, { readonly parent: number; readonly ticks: number }>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const fields = readFileSync(`/proc/${name}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
      // With the children it has waited for: a database's come and go.
      const ticks = [11, 12, 13, 14].reduce((sum, at) => sum + Number(fields[at]), 0);
      processes.set(Number(name), { parent: Number(fields[1]), ticks });
    } catch {
      // It ended meanwhile.
    }
  }
  const isOwn = (pid: number): boolean => pid === process.pid || (pid > 1 && isOwn(processes.get(pid)?.parent ?? 0));
  let own = 0;
  for (const [pid, { ticks }] of processes) if (isOwn(pid)) own += ticks;
  return own;
}
