/** Topics whose pages are not here yet: to be emptied as they come in. */
export const PENDING: readonly string[] = [
  ...["audience", "doctor", "environment", "formatting", "logs", "tokens"],
];
