import { searchTasks } from './search-tasks.ts';
import { serveTasks, type TaskContext } from './serve-tasks.ts';

/** The searching thread of tests. */
export const sqlTasks = { ...searchTasks, alert, endless };

/** In place of an alert's id it takes SQL; `die` ends the thread, as only a defect of ours would. */
async function alert({ database }: TaskContext, sql: string): Promise<undefined> {
  if (sql === 'die') process.nextTick(() => JSON.parse('a defect'));
  if (sql === 'die') await new Promise(() => undefined);
  await database.query(sql);
}

/** Keeps the thread, without a single turn of its event loop, until another thread says enough. */
async function endless(_task: TaskContext, enough: SharedArrayBuffer): Promise<string> {
  const flag = new Int32Array(enough);
  while (Atomics.load(flag, 0) === 0);
  return 'enough';
}

serveTasks(sqlTasks);
