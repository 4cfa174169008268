/** `--adapter <folder>`: an adapter that stands beside a model's weights, or is merged into them. */
import { loadAdapter, type ScaledAdapter } from "@ropewalk/models";
import { openFolder } from "@ropewalk/models/node";
import { InvalidArgumentError, Option } from "commander";
import { existsSync } from "node:fs";

/** An adapter's folder, and the factor that scales it. */
export type AdapterFlag = { readonly source: string; readonly scale: number };

/** Reads `folder` or `folder=scale`. When a folder of the whole name exists, the text names that folder. */
export const readAdapterFlag = (text: string): AdapterFlag => {
  const at = text.lastIndexOf("=");
  if (at < 0 || existsSync(text)) return { source: text, scale: 1 };
  const [source, stated] = [text.slice(0, at), text.slice(at + 1)];
  const scale = Number(stated);
  if (source === "" || stated.trim() === "" || !Number.isFinite(scale))
    throw new InvalidArgumentError(`must be <folder>, or <folder>=<scale> with a finite number, got ${text}`);
  return { source, scale };
};

export const adapterOption = (what: string): Option =>
  new Option("--adapter <folder>", `${what}; <folder>=<scale> for a part of it; may be given several times`).argParser(
    (text: string, before: readonly AdapterFlag[] | undefined) => [...(before ?? []), readAdapterFlag(text)],
  );

/** Reads the adapters that the flags name. */
export const adaptersFrom = (flags: readonly AdapterFlag[] = []): Promise<readonly ScaledAdapter[]> =>
  Promise.all(
    flags.map(async ({ source, scale }) => ({ adapter: await loadAdapter(await openFolder(source)), scale })),
  );
