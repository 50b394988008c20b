-- +goose Up
create table webapp_datasets (
    id text primary key,
    name text not null,
    columns text not null,
    told text not null,
    roles text not null,
    as_of text not null,
    customers bigint not null,
    created_at bigint not null
);
alter table webapp_conversations add column dataset text not null default '';
alter table webapp_charts add column dataset text not null default '';

-- +goose Down
alter table webapp_charts drop column dataset;
alter table webapp_conversations drop column dataset;
drop table webapp_datasets;
