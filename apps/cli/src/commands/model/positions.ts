/** `ropewalk positions`: which relative position each pair of tokens gets under a mapping, as a matrix. No model is needed. */
import { heatMap } from "@ropewalk/charts";
import { check, checkInteger } from "@ropewalk/check";
import { formatRelativePositions, plain, relativePositions, type PositionMapping } from "@ropewalk/position-mapping";
import type { Command } from "commander";
import { extensionFrom, nameOf, withExtensionOptions, type ExtensionOptions } from "../../flags/extension.ts";
import { examples } from "../../terminal/help-texts.ts";
import { number } from "../../flags/parse-numbers.ts";
import { terminalWidth } from "../../render/table.ts";
import { svgPath, writeSvg } from "../../pictures/write-svg.ts";

type PositionsOptions = ExtensionOptions & {
  readonly length: number;
  readonly trainedContext?: number;
  readonly svg?: string | true;
  readonly json?: boolean;
};

/** The largest side of the matrix, which then has 16 million pairs. */
const longest = 4096;

type Matrix = ReturnType<typeof relativePositions>;

/** The mapping that the flags ask for, which must set positions alone. */
const mappingFrom = (options: PositionsOptions): PositionMapping => {
  const { length, trainedContext = length } = options;
  const { positions, rope, entropy } = extensionFrom(options, { trainedContext, length });
  const other = rope?.kind ?? entropy?.kind;
  check(
    other === undefined,
    "positions: the extension must set positions alone, neither frequencies nor scales of queries",
    other,
  );
  return positions ?? plain();
};

const picture = (title: string, length: number, matrix: Matrix): string => {
  const values = new Float64Array(length ** 2).fill(NaN);
  matrix.forEach((row, i) =>
    row.forEach((position, j) => {
      if (position !== null) values[i * length + j] = position;
    }),
  );
  return heatMap({
    title,
    rows: length,
    columns: length,
    values,
    across: "key",
    down: "query",
    colour: "relative position",
  });
};

/** The matrix as lines, when they fit in a terminal. */
const written = (length: number, matrix: Matrix): string => {
  const lines = formatRelativePositions(matrix);
  return lines.split("\n").every((line) => line.length <= terminalWidth)
    ? lines
    : `${length} tokens are too wide for ${terminalWidth} columns: --svg draws them, --json prints them`;
};

const positions = async (options: PositionsOptions): Promise<void> => {
  const { length, json, trainedContext } = options;
  checkInteger("positions", "--length", length, 1, longest);
  if (trainedContext !== undefined) checkInteger("positions", "--trained-context", trainedContext, 1);
  const mapping = mappingFrom(options);
  const svg =
    options.svg === undefined
      ? undefined
      : await svgPath({ svg: options.svg === true ? "positions.svg" : options.svg }, "positions.svg");
  const matrix = relativePositions(mapping, length);
  if (json)
    process.stdout.write(`${JSON.stringify({ method: nameOf(options), positions: mapping.name, length, matrix })}\n`);
  else process.stdout.write(`${mapping.name}\n${written(length, matrix)}\n`);
  await writeSvg({ svg, json, said: "The same as a picture" }, () => picture(mapping.name, length, matrix));
};

export const addPositions = (program: Command): void => {
  withExtensionOptions(
    program
      .command("positions")
      .description(
        "print the relative position that each pair of tokens gets; a row a query, a dot where a key is not seen",
      )
      .option("--length <tokens>", "how many tokens", number, 24)
      .option(
        "--trained-context <L>",
        "the window that numbers are chosen for where they are absent; absent: the length",
        number,
      )
      .option("--svg [file]", "draw it as well; without a file: positions.svg")
      .option("--json", "print JSON and nothing else"),
    "none",
  )
    .addHelpText(
      "after",
      examples(
        "ropewalk positions --method self-extend --group-size 4 --window 8",
        "ropewalk positions --method self-extend --group-size 4 --length 64 --svg",
      ),
    )
    .action(positions);
};
