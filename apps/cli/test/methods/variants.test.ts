/** Which runs the flags ask for, without running any. */
import { Command } from "commander";
import { describe, expect, it } from "vitest";
import { withExtensionOptions, nameOf, type ExtensionOptions } from "../../src/flags/extension.ts";
import { variantName, variantsOf, withVariants, type VariantOptions } from "../../src/flags/variants.ts";

/** The names of the runs, and what each has of group size and window. */
const runs = async (...args: readonly string[]): Promise<readonly string[]> => {
  const names: string[] = [];
  const command = withVariants(withExtensionOptions(new Command("try"), "none"))
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
    .action((options: ExtensionOptions & VariantOptions) => {
      for (const run of variantsOf(options)) {
        const { groupSize, window } = run.options;
        names.push(`${variantName(nameOf(run.options), run)} G=${groupSize ?? "-"} W=${window ?? "-"}`);
      }
    });
  await command.parseAsync([...args], { from: "user" });
  return names;
};

describe("side by side", () => {
  it.each([
    ["", ["none G=- W=-"]],
    ["--method self-extend --entropy log-n --window 8", ["self-extend+log-n G=- W=8"]],
    [
      "--method none,self-extend,self-extend+log-n",
      ["none G=- W=-", "self-extend G=- W=-", "self-extend+log-n G=- W=-"],
    ],
    ["--method none,self-extend --method yarn", ["yarn G=- W=-", "self-extend+yarn G=- W=-"]],
    [
      "--method none,self-extend --group-size 4 --vary window=64,128",
      ["none G=- W=-", "self-extend, window 64 G=4 W=64", "self-extend, window 128 G=4 W=128"],
    ],
    [
      "--method self-extend,re-rope --vary group-size=4,8 --vary window=64",
      [
        "self-extend, group-size 4, window 64 G=4 W=64",
        "self-extend, group-size 8, window 64 G=8 W=64",
        "re-rope, window 64 G=- W=64",
      ],
    ],
    ["--method none,none,none --entropy log-n", ["none+log-n G=- W=-"]],
  ])("%s", async (flags, names) => expect(await runs(...flags.split(" ").filter(Boolean))).toEqual(names));

  it.each([
    ["--vary groupsize=4", /name must be one of group-size, .*\(group-size is meant\?\), got "groupsize"/],
    ["--vary window", /--vary: window must have values, as in window=4,8, got none/],
    ["--vary window=", /--vary: window must have values, as in window=4,8, got none/],
    ["--vary window=4,x", /--vary: window must be a number, got x/],
    ["--vary window=4 --vary window=8", /--vary: window must be given once, got it again/],
    ["--vary short-factor=1,2", /name must be one of .*, got "short-factor"/],
    ["--vary window=4", /^--window is not read by --method none, got 4$/],
    ["--method none,yarn --vary group-size=4", /^--group-size is not read by --method none, or --method yarn, got 4$/],
    ["--method none,yarn --window 4", /^--window is not read by --method none, or --method yarn, got 4$/],
    ["--method self-extend --vary window=4 --window 8", /^--vary: window must not be given beside --window, got both$/],
    ["--method none,selfextend", /Allowed choices are none, self-extend/],
    ["--method yarn+log-n --entropy log-n", /only one entropy scaling may be asked for, got log-n and log-n/],
    ["--method none,./nowhere.mjs", /nowhere\.mjs must be a module that loads, got no file of this name/],
  ])("%s is refused", async (flags, message) => expect(runs(...flags.split(" "))).rejects.toThrow(message));
});
