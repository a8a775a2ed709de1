import { Option } from "commander";

/** Options that take several of their values, with commas between them. */
const LISTS = new WeakSet<Option>();

/**
 * An option with the values that completion offers. Commander's `choices` would also refuse all others, in its own words; this
 * is for options whose command says more about a wrong one, or takes others, too.
 */
export function suggestingOption(flags: string, description: string, values: readonly string[]): Option {
  const option = new Option(flags, description);
  option.argChoices = [...values];
  return option;
}

/** The same for an option that takes several, with commas between them. */
export function listOption(flags: string, description: string, values: readonly string[]): Option {
  const option = suggestingOption(flags, description, values);
  LISTS.add(option);
  return option;
}

export function isList(option: Option): boolean {
  return LISTS.has(option);
}
