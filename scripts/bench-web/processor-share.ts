import { cpus } from 'node:os';

/** Starts to count. @returns how many cores have been busy since: with everything, and with this process alone. */
export function countProcessors(): () => { readonly busyCores: number; readonly generatorCores: number } {
  const started = performance.now();
  const own = process.cpuUsage();
  const all = busyMs();
  return () => {
    const elapsedMs = performance.now() - started;
    const { user, system } = process.cpuUsage(own);
    return {
      busyCores: Number(((busyMs() - all) / elapsedMs).toFixed(2)),
      generatorCores: Number(((user + system) / 1000 / elapsedMs).toFixed(2)),
    };
  };
}

function busyMs(): number {
  return cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0);
}
