/** A page of the manual: `src/help/<name>.md`. */
export interface Topic {
  name: string;
  /** What `push-cli --help` says of it, in one line. */
  summary: string;
}

/** In the order of the help: what one does, then what one has to know, then where to look. */
export const TOPICS: readonly Topic[] = [
  { name: "broadcast", summary: "Send, resume, watch, pause, and list recipients" },
  { name: "audience", summary: "Choose recipients: lists, filters, values per recipient" },
  { name: "suppress", summary: "The suppression list: users who are never messaged" },
  { name: "scheduling", summary: "Send later, until a deadline, never at night" },
  { name: "subscribe-messages", summary: "Subscribe messages and pools of consents" },
  { name: "pools", summary: "Show, list, count, remove and purge push codes" },
  { name: "import-export", summary: "Fill pools from files and other layouts in Redis" },
  { name: "templates", summary: "The account's templates and their fields" },
  { name: "tokens", summary: "The access token, shared with the backend" },
  { name: "environment", summary: "Settings: flags, variables, configuration files, profiles" },
  { name: "doctor", summary: "Check settings, Redis, API and pools" },
  { name: "redis", summary: "Supported kinds of Redis, TLS, keys and permissions" },
  { name: "guarantees", summary: "Nobody twice, no code lost: how, and the limits" },
  { name: "channels", summary: "Platforms, their rules, and what still delivers" },
  { name: "collector", summary: "The HTTP server that accepts codes, consents and events" },
  { name: "client", summary: "The mini program's side: collect codes on phones" },
  { name: "formatting", summary: "Output formats: tables, JSON, jq, CSV" },
  { name: "exit-codes", summary: "Meaning of each exit code" },
  { name: "logs", summary: "Verbose and debug output, log files, the audit log" },
  { name: "monitoring", summary: "Notifications, metrics for Prometheus, a dead man's switch" },
  { name: "cron", summary: "Scheduling: crontab, systemd, Docker, Kubernetes, CI" },
  { name: "troubleshooting", summary: "Solutions by symptom and by errcode" },
  { name: "cookbook", summary: "Recipes for common tasks" },
  { name: "sandbox-and-demo", summary: "Try everything without an account" },
  { name: "comparison", summary: "push-cli compared with the alternatives" },
  { name: "development", summary: "Work on push-cli itself: tests, benchmarks, figures" },
];

/** Languages that pages are written in. */
export const LANGUAGES = ["en", "zh-CN"] as const;
export type Language = (typeof LANGUAGES)[number];
