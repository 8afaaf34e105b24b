-- One row for each log record. The key holds the time because a partition key must be part of every unique key.
-- TimescaleDB cuts it into chunks of a day and drops them when they are too old.
create table logs (
  project_id text not null,
  timestamp timestamptz not null,
  id uuid not null,
  connection_id text not null,
  provider text not null,
  timestamp_nanos smallint not null,
  observed_timestamp timestamptz not null,
  ingest_timestamp timestamptz not null,
  severity_number smallint not null,
  severity_text text not null,
  body text not null,
  trace_id text,
  span_id text,
  resource jsonb not null,
  attributes jsonb not null,
  stream text not null,
  parser text not null,
  normaliser_version int not null,
  truncated_from bigint,
  flags text[] not null,
  raw_partition int not null,
  raw_offset bigint not null,
  replay_id text,
  primary key (timestamp, id)
);

select create_hypertable('logs', by_range('timestamp', interval '1 day'), create_default_indexes => false);

create index logs_project_time on logs (project_id, timestamp, id);
