-- +goose Up
alter table webapp_conversations add column asked_by text not null default '';
create index webapp_conversations_made on webapp_conversations (kind, dataset, created_at);

-- +goose Down
drop index webapp_conversations_made;
alter table webapp_conversations drop column asked_by;
