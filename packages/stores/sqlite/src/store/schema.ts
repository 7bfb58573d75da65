/** `ended` of an incident that is not resolved: later than every time. */
export const never = Number.MAX_SAFE_INTEGER;

/** What leads to the schema of a store. Numbered, forward only, never edited: see `migrate`. */
export const storeMigrations: readonly string[] = [
  `
  CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  INSERT INTO meta VALUES ('cursor', 0);

  -- The ids of requests that were done, for ever.
  CREATE TABLE requests (id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;

  -- What is asked for is a column, and all of it is in the JSON. ended: when it was resolved, or the end of time.
  CREATE TABLE incidents (
    id TEXT PRIMARY KEY, key TEXT NOT NULL, version INTEGER NOT NULL, state TEXT NOT NULL, ended INTEGER NOT NULL,
    json TEXT NOT NULL
  ) STRICT;
  CREATE INDEX incidents_of_key ON incidents (key, ended);
  CREATE INDEX incidents_open ON incidents (id) WHERE ended = ${never};

  -- claims: how often it was claimed, ever; the newest claim's token. Before the first one it is in its slot.
  CREATE TABLE jobs (
    id TEXT PRIMARY KEY, kind TEXT NOT NULL, incident TEXT NOT NULL, target TEXT NOT NULL, event TEXT NOT NULL,
    severity INTEGER NOT NULL, due INTEGER NOT NULL, slot TEXT NOT NULL, pairs INTEGER NOT NULL, policy TEXT NOT NULL,
    instead_of TEXT, state TEXT NOT NULL, attempts INTEGER NOT NULL, claims INTEGER NOT NULL,
    claimed_until INTEGER NOT NULL, created_at INTEGER NOT NULL, progress TEXT, doubtful INTEGER NOT NULL,
    last_reason TEXT NOT NULL, settled_at INTEGER, proof TEXT NOT NULL, detail TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE UNIQUE INDEX jobs_in_slot ON jobs (slot) WHERE state = 'waiting' AND claims = 0;
  -- Per target, so that a channel which is full or away is passed over at once, however much waits for it.
  CREATE INDEX jobs_ready ON jobs (kind, target, severity, due, id, pairs) WHERE state = 'waiting';
  CREATE INDEX jobs_due ON jobs (due) WHERE state = 'waiting';
  CREATE INDEX jobs_claimed ON jobs (claimed_until) WHERE state = 'claimed';
  CREATE INDEX jobs_dead ON jobs (state, id) WHERE state = 'dead';
  CREATE INDEX jobs_of_incident ON jobs (incident, id);

  -- What the first delivery of an incident through a channel gave.
  CREATE TABLE refs (
    incident TEXT NOT NULL, channel TEXT NOT NULL, ref TEXT NOT NULL, PRIMARY KEY (incident, channel)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE counts (
    channel TEXT NOT NULL, state TEXT NOT NULL, pairs INTEGER NOT NULL, PRIMARY KEY (channel, state)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE silences (id TEXT PRIMARY KEY, until INTEGER NOT NULL, json TEXT NOT NULL) STRICT;
  CREATE INDEX silences_until ON silences (until);

  CREATE TABLE audit (
    sequence INTEGER PRIMARY KEY, at INTEGER NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL,
    subject TEXT NOT NULL, facts TEXT NOT NULL
  ) STRICT;
  `,
  `
  -- Until when one that is open should have been acknowledged.
  ALTER TABLE incidents ADD COLUMN due INTEGER;
  CREATE INDEX incidents_due ON incidents (due) WHERE due IS NOT NULL;

  -- What a silence held back of each incident, and which channels would have been told.
  CREATE TABLE hidden (
    silence TEXT NOT NULL, incident TEXT NOT NULL, alerts INTEGER NOT NULL, severity INTEGER NOT NULL,
    PRIMARY KEY (silence, incident)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE hidden_channels (
    silence TEXT NOT NULL, channel TEXT NOT NULL, PRIMARY KEY (silence, channel)
  ) STRICT, WITHOUT ROWID;

  -- When it was done; not known of those that were done before this column was there.
  ALTER TABLE requests ADD COLUMN at INTEGER;
  CREATE INDEX requests_at ON requests (at) WHERE at IS NOT NULL;
  `,
  `
  -- What detections remember. touched: place in the log of the alert that changed it last.
  CREATE TABLE windows (
    detection TEXT NOT NULL, of_group TEXT NOT NULL, touched INTEGER NOT NULL, expires INTEGER NOT NULL,
    state TEXT NOT NULL, PRIMARY KEY (detection, of_group)
  ) STRICT;
  CREATE INDEX windows_touched ON windows (detection, touched);
  CREATE INDEX windows_expire ON windows (expires);

  -- How many there are of each, so that asking costs the same however many there are.
  CREATE TABLE window_counts (detection TEXT PRIMARY KEY, windows INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TRIGGER windows_begun AFTER INSERT ON windows BEGIN
    INSERT INTO window_counts VALUES (NEW.detection, 1) ON CONFLICT DO UPDATE SET windows = windows + 1;
  END;
  CREATE TRIGGER windows_gone AFTER DELETE ON windows BEGIN
    UPDATE window_counts SET windows = windows - 1 WHERE detection = OLD.detection;
    DELETE FROM window_counts WHERE detection = OLD.detection AND windows = 0;
  END;
  `,
  `
  -- stood_in: another leg stands in for it. digest: the job that tells it, where a digest does.
  ALTER TABLE jobs ADD COLUMN stood_in INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE jobs ADD COLUMN digest TEXT;
  CREATE INDEX jobs_of_digest ON jobs (digest, id) WHERE digest IS NOT NULL;
  -- As before, and those that another leg stands in for apart: they may be passed over, however many they are.
  DROP INDEX jobs_ready;
  CREATE INDEX jobs_ready ON jobs (kind, target, severity, stood_in, due, id, pairs) WHERE state = 'waiting';
  `,
  `
  -- In which order incidents were changed: one row of each, at the place of its newest change. Places are never used
  -- again, so whoever has read up to one has missed nothing below it.
  CREATE TABLE changed (place INTEGER PRIMARY KEY AUTOINCREMENT, incident TEXT NOT NULL UNIQUE) STRICT;
  INSERT INTO changed (incident) SELECT id FROM incidents ORDER BY id;
  `,
  `
  -- response: the one that a job of this kind looks at.
  ALTER TABLE jobs ADD COLUMN response TEXT;
  CREATE INDEX jobs_of_response ON jobs (response) WHERE response IS NOT NULL;

  -- What is asked for is a column, and all of it is in the JSON. target: JSON of kind, value and resource.
  CREATE TABLE responses (
    id TEXT PRIMARY KEY, version INTEGER NOT NULL, state TEXT NOT NULL, stands INTEGER NOT NULL, mode TEXT NOT NULL,
    playbook TEXT NOT NULL, incident TEXT NOT NULL, source TEXT NOT NULL, origin TEXT NOT NULL, target TEXT NOT NULL,
    of_user INTEGER NOT NULL, created INTEGER NOT NULL, updated INTEGER NOT NULL, json TEXT NOT NULL
  ) STRICT;
  CREATE INDEX responses_of_target ON responses (target, updated);
  CREATE INDEX responses_unasked ON responses (created)
    WHERE mode = 'enforce' AND state NOT IN ('observed', 'refused', 'stopped');
  CREATE INDEX responses_of_origin ON responses (origin, created) WHERE of_user = 1;
  CREATE INDEX responses_of_source ON responses (source, created) WHERE of_user = 1;
  CREATE INDEX responses_of_incident ON responses (incident, id);
  CREATE INDEX responses_in_state ON responses (state, id);

  CREATE TABLE trips (scope TEXT PRIMARY KEY, until INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE kill_switch (one INTEGER PRIMARY KEY CHECK (one = 1), json TEXT NOT NULL) STRICT;
  `,
  `
  -- Decisions, one row of each at the place of its newest change, as for incidents. over: when it ends, or was ended.
  -- Without JSON: one that was ended before it came, of which only the fence is known.
  CREATE TABLE decisions (
    place INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, fence INTEGER NOT NULL, kind TEXT, json TEXT,
    over INTEGER NOT NULL, ended INTEGER
  ) STRICT;
  CREATE INDEX decisions_over ON decisions (over, kind);
  -- The highest place that was let go: who has read less has missed something.
  INSERT INTO meta VALUES ('decisions_let_go', 0);

  -- kinds: names of kinds of decisions as JSON.
  CREATE TABLE enforcers (
    name TEXT PRIMARY KEY, kinds TEXT NOT NULL, cursor INTEGER NOT NULL, at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
  `
  -- What the last attempt that said it said of each of several recipients, as JSON.
  ALTER TABLE jobs ADD COLUMN recipients TEXT;
  `,
  `
  -- Only of the actions that are looked for: an index costs each entry that is written. See auditSought.
  CREATE INDEX audit_alerts_kept ON audit (subject) WHERE action = 'alerts.kept';
  CREATE INDEX audit_delivery_done ON audit (subject) WHERE action = 'delivery.done';
  CREATE INDEX audit_key_changed ON audit (subject) WHERE action = 'audit.key_changed';

  -- What commitments about a person are made with. A key that is erased is overwritten (secure_delete).
  CREATE TABLE subjects (id TEXT PRIMARY KEY, key BLOB NOT NULL) STRICT, WITHOUT ROWID;
  `,
];
