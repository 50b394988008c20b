-- +goose Up
create table webapp_conversations (
    id text primary key,
    title text not null,
    kind text not null,
    customer text not null,
    model_version bigint not null,
    created_at bigint not null,
    updated_at bigint not null
);
create table webapp_messages (
    conversation_id text not null references webapp_conversations (id) on delete cascade,
    position bigint not null,
    role text not null,
    body text not null,
    customers text not null,
    primary key (conversation_id, position)
);
create table webapp_charts (
    id text primary key,
    name text not null,
    spec text not null,
    created_at bigint not null
);
create table webapp_audit (
    id text primary key,
    at bigint not null,
    who text not null,
    what text not null,
    detail text not null
);

-- +goose Down
drop table webapp_audit;
drop table webapp_charts;
drop table webapp_messages;
drop table webapp_conversations;
