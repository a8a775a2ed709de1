/** What to look into when there is no pool where there should be. */
export const NO_POOL_HINT =
  "are --redis-url and --pool-prefix right? --pool-keys java finds pools whose keys Java serialized";
