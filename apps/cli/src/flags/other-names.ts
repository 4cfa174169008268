/** Flags by the names that other programs give them: an error for an unknown flag says which one is meant. */
import type { Command } from "commander";

const otherNames: Readonly<Record<string, string>> = {
  "--max-tokens": "--max-new-tokens",
  "--n-predict": "--max-new-tokens",
  "--num-predict": "--max-new-tokens",
  "--predict": "--max-new-tokens",
  "--length": "--max-new-tokens",
  "--ctx-size": "--length",
  "--context-length": "--length",
  "--temp": "--temperature",
  "--system-prompt": "--system",
};

/** The message with the flag of the command that is meant; as it is, where it names one already or the command has none. */
export const withMeantFlag = (message: string, command: Command | undefined): string => {
  const unknown = /^error: unknown option '(--[\w-]+)[^']*'\s*$/.exec(message)?.[1];
  const meant = unknown === undefined ? undefined : otherNames[unknown];
  const has = meant !== undefined && command?.options.some(({ long }) => long === meant);
  return has ? `${message.trim()} (Did you mean ${meant}?)` : message;
};
