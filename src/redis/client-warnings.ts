const KNOWN: { test: RegExp; words: string }[] = [
  {
    test: /does not require a password, but a password was supplied/,
    words: "Redis does not want the password that was given",
  },
  {
    test: /wrong number of arguments for 'auth' command/,
    words:
      "Redis before version 6 knows no users: it does not want the user that was given, nor then the password",
  },
];

/** What ioredis prints to the console, in our words; any other text unchanged. Does not load ioredis. */
export function rewordClientWarning(text: string): string {
  return KNOWN.find(({ test }) => test.test(text))?.words ?? text;
}
