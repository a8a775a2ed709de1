const KNOWN: { test: RegExp; words: string }[] = [
  {
    test: /does not require a password, but a password was supplied/,
    words: "Redis requires no password, but was given one",
  },
  {
    test: /wrong number of arguments for 'auth' command/,
    words:
      "Redis before version 6 has no users: it accepts neither the user that was given nor the password with it",
  },
];

/** What ioredis prints to the console, in our words; any other text unchanged. Does not load ioredis. */
export function rewordClientWarning(text: string): string {
  return KNOWN.find(({ test }) => test.test(text))?.words ?? text;
}
