const name = String.raw`(?<name>[.\-_/#A-Za-z0-9]{1,512})`;
const plain = new RegExp(`^${name}$`);
/** AWS shows a log group's ARN both with and without `:*` behind it; requests take it without. */
const arn = new RegExp(
  String.raw`^(?<arn>arn:aws[a-z-]*:logs:(?<region>[a-z0-9-]+):(?<account>\d{12}):log-group:${name})(?::\*)?$`,
);

/** A log group as a connection names it. What only an ARN says is undefined for a plain name. */
export interface LogGroup {
  readonly name: string;
  /** Without `:*`. */
  readonly arn: string | undefined;
  readonly region: string | undefined;
  readonly account: string | undefined;
}

/** Reads a log group's name or ARN; undefined when it is neither. */
export function logGroupOf(text: string): LogGroup | undefined {
  const groups = (arn.exec(text) ?? plain.exec(text))?.groups;
  if (groups?.name === undefined) return undefined;
  return { name: groups.name, arn: groups.arn, region: groups.region, account: groups.account };
}
