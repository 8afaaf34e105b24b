import { readFileSync } from 'node:fs';

export interface ProcessUsage {
  readonly peakRssMib: number;
  readonly cpuSeconds: number;
}

/** What a process has used so far, from /proc, where there is one; zeros elsewhere. */
export function usageOf(pid: number): ProcessUsage {
  try {
    const peak = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    const times = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    const ticks = Number(times[11]) + Number(times[12]);
    return { peakRssMib: Math.round(Number(peak?.[1] ?? 0) / 1024), cpuSeconds: ticks / 100 };
  } catch {
    return { peakRssMib: 0, cpuSeconds: 0 };
  }
}
