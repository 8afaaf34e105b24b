-- WebSocket tickets that were used, kept until they would have expired: whoever inserts the row has used the ticket.
create table used_tickets (
  ticket_id text primary key,
  expires_at timestamptz not null
);
create index used_tickets_expiry on used_tickets (expires_at);
