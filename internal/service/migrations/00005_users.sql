-- +goose Up
create table webapp_users (
    id text primary key,
    name text not null,
    known_as text not null unique,
    subject text not null,
    role text not null,
    password text not null,
    disabled bigint not null,
    created_at bigint not null,
    invite text not null,
    invite_until bigint not null
);
create unique index webapp_users_subject on webapp_users (subject) where subject <> '';
create table webapp_sessions (
    hash text primary key,
    user_id text not null references webapp_users (id) on delete cascade,
    client text not null,
    created_at bigint not null,
    used_at bigint not null,
    expires_at bigint not null
);
create index webapp_sessions_user on webapp_sessions (user_id);
create table webapp_tokens (
    hash text primary key,
    user_id text not null references webapp_users (id) on delete cascade,
    name text not null,
    role text not null,
    created_at bigint not null,
    used_at bigint not null,
    expires_at bigint not null
);
create index webapp_tokens_user on webapp_tokens (user_id);
-- What there is already has no owner, and everybody sees it.
alter table webapp_conversations add column owner text not null default '';
alter table webapp_conversations add column share text not null default '';
alter table webapp_charts add column owner text not null default '';
create unique index webapp_conversations_share on webapp_conversations (share) where share <> '';

-- +goose Down
drop index webapp_conversations_share;
alter table webapp_charts drop column owner;
alter table webapp_conversations drop column share;
alter table webapp_conversations drop column owner;
drop table webapp_tokens;
drop table webapp_sessions;
drop table webapp_users;
