const full = /^projects\/(?<project>[^/]+)\/logs\/(?<id>.+)$/;
const encoded = /%[0-9A-Fa-f]{2}/;

/** The project that a full log name names; undefined for a log id. */
export function projectOf(logName: string): string | undefined {
  return full.exec(logName)?.groups?.project;
}

/** `projects/p/logs/id`, whose id part is URL-encoded in entries (`cloudaudit.googleapis.com%2Factivity`). */
export function fullLogName(projectId: string, logName: string): string {
  const { project = projectId, id = logName } = full.exec(logName)?.groups ?? {};
  return `projects/${project}/logs/${encoded.test(id) ? id : encodeURIComponent(id)}`;
}
