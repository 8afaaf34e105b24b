/** A Kafka or PostgreSQL that a development run or a test uses. */
export interface DevServer {
  /** What was chosen and why, in one sentence for people. */
  readonly choice: string;
  /** Whether this process started it, and so may kill, restart and stop it. */
  readonly owned: boolean;
  /**
   * Kills it as a power cut would (SIGKILL) and resolves when it is gone; its data and its address stay.
   * @throws {TailraceError} `dev_stack.not_owned` when the server was given by the environment.
   */
  kill9(): Promise<void>;
  /** Starts it again on the same data and the same address, and resolves when it answers. It may be running: then it is stopped first. */
  restart(): Promise<void>;
  /** Stops it and resolves when it is gone. Idempotent; does nothing to a server that was given. */
  stop(): Promise<void>;
}

/** A Kafka cluster of one broker. */
export interface DevKafka extends DevServer {
  /** `host:port`, or several with commas. */
  readonly brokers: string;
}

/** A PostgreSQL with a database of its own for Tailrace. */
export interface DevPostgres extends DevServer {
  /** `postgres://user:password@host:port/database`; the user may create databases. */
  readonly databaseUrl: string;
}

/** Where a server's files go and who is informed. */
export interface DevServerOptions {
  /** Data, logs, ports and pid of this server; created when missing. One running server per directory. */
  readonly directory: string;
  /** The port to try first when none is noted from an earlier start; any free one by default. */
  readonly preferredPort?: number | undefined;
  /** Kafka only: changes the broker's configuration, for a test that needs another listener or address. */
  readonly adaptProperties?: ((properties: Record<string, string>) => Record<string, string>) | undefined;
  /** Which server to use is read from here, usually `process.env`. An empty object means: start an own one. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Called with one line for each choice and for each step that takes long. */
  readonly report: (line: string) => void;
  /** Aborts a start that is under way; what it had started is stopped. */
  readonly signal?: AbortSignal | undefined;
}
