/** Topics whose pages are not written yet: to be emptied as they come in. */
export const PENDING: readonly string[] = [
  ...["audience", "doctor", "environment", "formatting", "logs", "tokens"],
  ...["broadcast", "subscribe-messages", "pools", "import-export", "templates", "redis", "guarantees"],
  ...["channels", "collector", "client", "cron", "troubleshooting", "cookbook", "sandbox-and-demo"],
  ...["comparison", "development"],
];
