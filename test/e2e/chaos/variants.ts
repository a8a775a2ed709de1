/** The texts that some rounds compare, and the first value of each. */
export const VARIANTS = [
  { name: "A", share: 0.6, text: "a" },
  { name: "B", share: 0.3, text: "c" },
  { name: "C", share: 0.1, text: "e" },
];

/** Flags of a message with variants. */
export const VARIANT_FLAGS = ["--variant", "A:60%=a,b", "--variant", "B:30%=c,d", "--variant", "C=e,f"];
