"""The tables of this LMS."""

SCHEMA = """
create table if not exists session (id text primary key, user_id text not null);
create table if not exists hint (
  id text primary key, user_id text not null, activity text not null,
  document_target text not null, client_id text not null, work_url text, made_at real not null);
create table if not exists work (
  activity text not null, user_id text not null, url text not null,
  primary key (activity, user_id));
create table if not exists tool (
  client_id text primary key, deployment_id text not null, login_url text not null,
  launch_url text not null, jwks_url text not null, name text not null, dialect text not null,
  scope text not null, active integer not null);
create table if not exists ticket (
  id text primary key, client_id text not null, made_at real not null);
create table if not exists activity (
  number integer primary key, title text not null, description text not null,
  line_item integer unique, custom text not null, points real not null, client_id text not null,
  url text, resource_id text not null, tag text not null);
create table if not exists column_change (
  number integer primary key, fields text not null, was_made integer not null);
create table if not exists assertion (jti text primary key, expires_at real not null);
create table if not exists token (
  hash text primary key, scope text not null, expires_at real not null);
create table if not exists grade (
  activity text not null, user_id text not null, score_given real not null,
  score_maximum real not null, result_score real not null, comment text, timestamp text not null,
  primary key (activity, user_id));
create table if not exists by_hand (
  activity text not null, user_id text not null, primary key (activity, user_id));
create table if not exists submission (
  id integer primary key, activity text not null, user_id text not null);
create table if not exists post (
  id integer primary key, received_at text not null, user_id text, activity text,
  status integer not null, reason text not null, fields text not null);
"""
