-- One row for each alert: as alerting told of it last, and who has seen it. Columns are what lists filter on; snapshot is
-- the event with the highest sequence, whole.
create table alerts (
  id text primary key,
  project_id text not null,
  rule_id text not null,
  severity text not null,
  status text not null,
  started_at timestamptz not null,
  sequence bigint not null,
  snapshot jsonb not null,
  read_at timestamptz,
  read_by text
);

create index alerts_project_newest on alerts (project_id, started_at desc, id desc);
-- For retention.
create index alerts_started on alerts (started_at);
