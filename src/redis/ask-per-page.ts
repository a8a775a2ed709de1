/**
 * Asks about a whole page of users when the first part of it is claimed; the answer counts for the other parts, unless more
 * than `freshMs` have passed since it was asked for.
 */
export function askPerPage<Answer>(
  ask: (page: readonly string[]) => Promise<Answer>,
  freshMs: number,
): (page: readonly string[]) => Promise<Answer> {
  const asked = new WeakMap<readonly string[], { atMs: number; answer: Promise<Answer> }>();
  return (page) => {
    const nowMs = performance.now();
    const known = asked.get(page);
    if (known && nowMs - known.atMs < freshMs) return known.answer;
    const answer = ask(page);
    asked.set(page, { atMs: nowMs, answer });
    // Whoever waits for it is told, and may try again at once.
    answer.catch(() => asked.delete(page));
    return answer;
  };
}
