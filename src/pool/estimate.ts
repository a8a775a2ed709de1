/** Adds up what each pool contributes to one number of the statistics. */
export class Counter {
  sum = 0;
  /** Sum of the squared contributions, for the spread. */
  squares = 0;
  /** Pools that contributed. */
  pools = 0;

  /** Adds one pool's contribution; a contribution of 0 may be left out. */
  add(count: number): void {
    if (count === 0) return;
    this.sum += count;
    this.squares += count * count;
    this.pools++;
  }
}

/** An estimated number with its 95 % confidence interval. */
export interface Estimate {
  value: number;
  low: number;
  high: number;
}

/** Two-sided 95 % of the normal distribution. */
const Z = 1.959964;

/**
 * Scales the sums of a uniform sample of `read` pools up to all `total` pools. Pools that were read have no error, so the
 * interval narrows to a point as the sample approaches the whole (finite population correction).
 *
 * If each pool counts as 0 or 1: Wilson's interval, which is accurate near 0 and near the total. Otherwise the normal
 * interval around the mean, with Student's quantile. A sample without any hit can't exclude rare pools, hence Wilson's upper
 * bound in that case too. A few pools with very many codes each can lie outside any such interval.
 */
export function estimate(counter: Counter, read: number, total: number): Estimate {
  const { sum, squares, pools } = counter;
  if (read >= total || read === 0) return { value: sum, low: sum, high: sum };
  const value = Math.round((sum / read) * total);
  const having = wilson(pools, read, total);
  if (squares === sum) return { value, ...having };
  const mean = sum / read;
  const variance = Math.max(0, squares - read * mean * mean) / (read - 1);
  const error = total * Math.sqrt((variance / read) * (1 - read / total)) * studentQuantile(read - 1);
  return {
    value,
    low: Math.max(sum, Math.floor(mean * total - error)),
    high: Math.max(having.high, Math.ceil(mean * total + error)),
  };
}

/** How many of `total` pools have a property that `having` of `read` have. */
function wilson(having: number, read: number, total: number): { low: number; high: number } {
  // Increased as if more had been read: a sample without replacement is more informative than one with.
  const size = (read * (total - 1)) / (total - read);
  const share = having / read;
  const z2 = studentQuantile(read - 1) ** 2;
  const middle = (share + z2 / (2 * size)) / (1 + z2 / size);
  const half = Math.sqrt((z2 * (share * (1 - share) + z2 / (4 * size))) / size) / (1 + z2 / size);
  return {
    low: Math.max(having, Math.floor((middle - half) * total)),
    high: Math.min(total - (read - having), Math.ceil((middle + half) * total)),
  };
}

/** Student's 97.5 % quantile, by its expansion in 1/freedom (Abramowitz and Stegun 26.7.5): accurate to 0.1 % from 9 on. */
function studentQuantile(freedom: number): number {
  const v = freedom;
  return (
    Z +
    (Z ** 3 + Z) / (4 * v) +
    (5 * Z ** 5 + 16 * Z ** 3 + 3 * Z) / (96 * v ** 2) +
    (3 * Z ** 7 + 19 * Z ** 5 + 17 * Z ** 3 - 15 * Z) / (384 * v ** 3)
  );
}
