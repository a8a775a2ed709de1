/** A page of the manual: `src/help/<name>.md`. */
export interface Topic {
  name: string;
  /** What `push-cli --help` says of it, in one line. */
  summary: string;
}

/** In the order of the help: what one does, then what one has to know, then where to look. */
export const TOPICS: readonly Topic[] = [
  { name: "broadcast", summary: "send, resume, watch, pause, and see who got the message" },
  { name: "audience", summary: "who gets the message: lists, filters, values per recipient" },
  { name: "subscribe-messages", summary: "subscribe messages, and pools of consents" },
  { name: "pools", summary: "show, list, count, remove and purge push codes" },
  { name: "import-export", summary: "fill pools from files and from other layouts in Redis" },
  { name: "templates", summary: "the account's templates and their fields" },
  { name: "tokens", summary: "the access token, shared with the backend" },
  { name: "environment", summary: "settings: flags, variables, configuration files, profiles" },
  { name: "doctor", summary: "check settings, Redis, API and pools before they matter" },
  { name: "redis", summary: "kinds of Redis, TLS, the keys written, the rights needed" },
  { name: "guarantees", summary: "nobody twice, no code lost: why, and the limits" },
  { name: "channels", summary: "platforms, their rules, and what still delivers" },
  { name: "collector", summary: "the HTTP server that takes in codes, consents and events" },
  { name: "client", summary: "the mini program's side: collect codes on phones" },
  { name: "formatting", summary: "tables, JSON, jq, CSV: the forms of the output" },
  { name: "exit-codes", summary: "what each exit code means" },
  { name: "logs", summary: "verbose and debug output, log files, the audit log" },
  { name: "cron", summary: "crontab, systemd, Docker, Kubernetes, CI" },
  { name: "troubleshooting", summary: "by symptom, and by errcode" },
  { name: "cookbook", summary: "recipes for common tasks" },
  { name: "sandbox-and-demo", summary: "try everything without an account" },
  { name: "comparison", summary: "push-cli and the other ways to do this" },
  { name: "development", summary: "work on push-cli itself: tests, benchmarks, figures" },
];

/** Languages that pages are written in. */
export const LANGUAGES = ["en", "zh-CN"] as const;
export type Language = (typeof LANGUAGES)[number];
