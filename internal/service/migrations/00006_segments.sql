-- +goose Up
create table webapp_segments (
    dataset text not null,
    tier text not null,
    tiering text not null,
    name text not null,
    actions text not null,
    model_version bigint not null,
    changed_by text not null,
    changed_at bigint not null,
    primary key (dataset, tier, tiering)
);
create table webapp_lists (
    id text primary key,
    dataset text not null,
    tier text not null,
    chosen text not null,
    size bigint not null,
    holdout double precision not null,
    seed bigint not null,
    columns text not null,
    model_version bigint not null,
    made_by text not null,
    created_at bigint not null,
    campaign_ids text not null,
    holdout_ids text not null
);
create index webapp_lists_made on webapp_lists (dataset, tier, created_at);
create index webapp_audit_what on webapp_audit (what, at);

-- +goose Down
drop index webapp_audit_what;
drop table webapp_lists;
drop table webapp_segments;
