-- Where each input partition of the sink stands, committed with the rows. The epoch fences: whoever takes a partition
-- raises it, and an older owner's commit then matches no row.
create table sink_offsets (
  topic text not null,
  partition int not null,
  topic_id text not null,
  next_offset bigint not null,
  epoch bigint not null,
  primary key (topic, partition)
);
