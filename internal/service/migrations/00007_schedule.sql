-- +goose Up
create table webapp_baselines (
    model text not null,
    version bigint not null,
    checksum text not null,
    baseline text not null,
    primary key (model, version)
);
create table webapp_schedule (
    id bigint primary key,
    spec text not null,
    since bigint not null
);
create table webapp_retrainings (
    due bigint not null,
    dataset text not null,
    state text not null,
    alive_at bigint not null,
    runs bigint not null,
    version bigint not null,
    active bigint not null,
    outcome text not null,
    reason text not null,
    comparison text not null,
    primary key (due, dataset)
);

-- +goose Down
drop table webapp_retrainings;
drop table webapp_schedule;
drop table webapp_baselines;
