/** `ropewalk entropies`: the entropy of attention by layer and position, methods side by side; or the attention map of one layer. */
import { curves, panels } from "@ropewalk/charts";
import { checkInteger } from "@ropewalk/check";
import {
  entropiesEvaluation,
  textOf,
  type EntropiesParams,
  type EntropiesReport,
  type LayerEntropies,
} from "@ropewalk/evals";
import { extendDecoder, someLayers } from "@ropewalk/decoder";
import { beyondCapacity, type OpenedModel } from "@ropewalk/generation";
import { InvalidArgumentError, type Command } from "commander";
import { longestMap, mapPicture, mapPlace, mapWords, readMap, type MapPlace } from "../../pictures/attention-map.ts";
import { extendedWords, type GroupsAndWindow } from "../../describe/extension-in-words.ts";
import { examples, modelArgument } from "../../terminal/help-texts.ts";
import { notice } from "../../terminal/notice.ts";
import { number, numberList } from "../../flags/parse-numbers.ts";
import { extensionFor, open, withModel } from "../../model/open-model.ts";
import { checkCount, withSharedOptions, type SharedOptions } from "../../flags/shared.ts";
import { enoughTokens } from "../../input/enough-text.ts";
import { noticeSeparator } from "../../input/known-separators.ts";
import { readText } from "../../input/read-file.ts";
import { renderEntropies, renderEntropiesOfAll } from "../../render/entropies.ts";
import { jobsOf, runSideBySide, workersFor, workersOption, type NamedJob } from "../../pool/side-by-side.ts";
import { svgPath, writeSvg } from "../../pictures/write-svg.ts";
import { variantsOf, withVariants, type VariantOptions } from "../../flags/variants.ts";

type EntropiesOptions = SharedOptions &
  VariantOptions & {
    readonly text: string;
    readonly separator?: string;
    readonly length?: number;
    readonly windows?: number;
    readonly layers?: readonly number[];
    readonly bucket?: number;
    readonly map?: MapPlace;
    readonly chunkSize?: number;
    readonly workers?: number;
    readonly svg?: string;
  };

/** The result of one method. */
type Run = GroupsAndWindow &
  EntropiesReport & {
    readonly method: string;
    readonly positions: string;
    readonly length: number;
    readonly windows: number;
    readonly beyondCapacity: boolean;
  };

type Layer = Pick<LayerEntropies, "layer" | "buckets">;

/** A layer's means as a curve of steps. */
const curveOf = (name: string, { buckets }: Layer) => ({
  name,
  points: buckets.flatMap(({ from, to, mean }) => [from, to].map((x) => ({ x, y: mean }))),
});

const axes = { across: "position in the window, in tokens", up: "mean entropy of attention, in nats" } as const;

/** The picture: a curve for each layer; for several methods a panel for each layer, with a curve for each method. */
const pictureOf = (name: string, runs: readonly Run[]): string => {
  const [first] = runs as readonly [Run, ...Run[]];
  const inside = first.trainedContext < first.length;
  const shared = { ...axes, marks: inside ? [{ at: first.trainedContext, label: "trained window" }] : [] };
  if (runs.length === 1)
    return curves({
      ...shared,
      title: first.positions,
      curves: first.layers.map((layer) => curveOf(`layer ${layer.layer}`, layer)),
    });
  return panels({
    title: `${name}: entropy of attention, ${first.length} tokens`,
    pictures: first.layers.map(({ layer }, at) =>
      curves({
        ...shared,
        title: `layer ${layer}`,
        curves: runs.map((run) => curveOf(`${run.method}: ${run.positions}`, run.layers[at]!)),
      }),
    ),
  });
};

/** Prints a notice for each run beyond its capacity. */
const noticeBeyond = (opened: OpenedModel, jobs: readonly NamedJob<EntropiesParams>[]): void => {
  for (const { name, options, params } of jobs) {
    const extended = extendDecoder(opened.source.decoder, extensionFor(opened, options, params.length));
    const problem = beyondCapacity(extended, params.length);
    const whose = jobs.length === 1 ? "" : `${name}: `;
    if (problem !== undefined) notice(`entropies: ${whose}beyond the capacity, run all the same: ${problem}`);
  }
};

type Asked = {
  readonly path: string;
  readonly options: EntropiesOptions;
  readonly opened: OpenedModel;
  readonly content: string;
  readonly length: number;
};

const measure = async ({ path, options, opened, content, length }: Asked): Promise<void> => {
  const { windows = 1, separator, text: file, layers, bucket = 512, chunkSize } = options;
  const svg = await svgPath(options, "entropies.svg");
  const workers = workersFor("entropies", path, options.workers);
  if (layers) someLayers(opened.source.decoder.numLayers)("entropies", "--layers", layers);
  checkCount("entropies", "--windows", windows);
  checkCount("entropies", "--bucket", bucket);
  const params = entropiesEvaluation.check("entropies", {
    text: file,
    length,
    windows,
    bucket,
    ...(separator !== undefined && { separator }),
    ...(layers && { layers }),
    ...(chunkSize !== undefined && { chunkSize }),
  });
  // Checks that the text has enough tokens, before weights are loaded.
  const documents = textOf("entropies", file, content);
  enoughTokens("entropies", opened, documents, { length, windows, separator });
  noticeSeparator("entropies", file, documents, separator);
  const jobs = jobsOf("entropies", { model: path, opened, options }, variantsOf(options), [params]);
  noticeBeyond(opened, jobs);
  const results = await runSideBySide<EntropiesParams>(
    {
      command: "entropies",
      opened,
      options,
      workers,
      texts: { [file]: content },
      workOf: () => length * windows,
      label: ({ name }) => name,
    },
    jobs,
  );
  const runs = results.map(({ result, positions, numbers, beyondCapacity: beyond }, at): Run => ({
    method: jobs[at]!.name,
    positions,
    ...numbers,
    length,
    windows,
    beyondCapacity: beyond,
    ...(result as EntropiesReport),
  }));
  const alone = runs.length === 1;
  if (options.json) process.stdout.write(`${JSON.stringify(alone ? runs[0] : { runs })}\n`);
  else if (alone)
    process.stdout.write(`${runs[0]!.positions}\nNats, means over heads:\n${renderEntropies(runs[0]!)}\n`);
  else
    process.stdout.write(
      `${renderEntropiesOfAll(runs.map((run) => ({ name: run.method, words: run.positions, report: run })))}\n`,
    );
  await writeSvg({ svg, json: options.json, said: "The same by position, as curves" }, () =>
    pictureOf(opened.source.name, runs),
  );
};

/** @throws InvalidArgumentError for flags that only the tables read */
const checkMapAlone = ({ layers, bucket, windows, workers }: EntropiesOptions): void => {
  for (const [flag, value] of Object.entries({ layers, bucket, windows, workers }))
    if (value !== undefined)
      throw new InvalidArgumentError(`entropies: --${flag} must be absent beside --map, got ${String(value)}`);
};

const drawMap = async ({ path, options, opened, content, length }: Asked, place: MapPlace): Promise<void> => {
  checkMapAlone(options);
  checkInteger("entropies", "--length with --map", length, 2, longestMap);
  checkInteger("entropies", "the layer of --map", place.layer, 0, opened.source.decoder.numLayers - 1);
  const svg = await svgPath(options, "attention.svg");
  const { separator, text: file, chunkSize } = options;
  const documents = textOf("entropies", file, content);
  const stream = enoughTokens("entropies", opened, documents, {
    length,
    windows: 1,
    separator,
  });
  noticeSeparator("entropies", file, documents, separator);
  const ids = stream.ids.slice(0, length);
  const jobs = jobsOf("entropies", { model: path, opened, options }, variantsOf(options), [
    entropiesEvaluation.check("entropies", { text: file, length }),
  ]);
  noticeBeyond(opened, jobs);
  const maps: { readonly method: string; readonly positions: string; readonly weights: Float32Array }[] = [];
  for (const { name: method, options: own } of jobs)
    await withModel("entropies", { opened, options: own, length }, async (model, signal) => {
      const weights = await readMap(model, ids, place, { signal, ...(chunkSize !== undefined && { chunkSize }) });
      const positions = extendedWords(model.extended.positions.name, extensionFor(opened, own, length));
      maps.push({ method, positions, weights });
    });
  const rows = (weights: Float32Array): readonly (readonly number[])[] =>
    ids.map((_, row) => Array.from(weights.subarray(row * length, row * length + row + 1)));
  const reports = maps.map(({ weights, ...map }) => ({
    ...map,
    length,
    layer: place.layer,
    head: place.head ?? null,
    weights: rows(weights),
  }));
  if (options.json) process.stdout.write(`${JSON.stringify(reports.length === 1 ? reports[0] : { runs: reports })}\n`);
  else for (const { positions } of maps) process.stdout.write(`${positions}: ${mapWords(place)}, ${length} tokens\n`);
  const pictures = maps.map(({ positions, weights }) =>
    mapPicture(`${positions}: ${mapWords(place)}`, length, weights),
  );
  await writeSvg({ svg, json: options.json, said: "What attends to what" }, () =>
    pictures.length === 1 ? pictures[0]! : panels({ title: `${opened.source.name}: ${mapWords(place)}`, pictures }),
  );
};

const entropies = async (path: string, options: EntropiesOptions): Promise<void> => {
  const content = await readText("--text", options.text);
  const opened = await open(path, options);
  const { trainedContext } = opened.source.decoder;
  const { map, length = map === undefined ? trainedContext : Math.min(64, trainedContext) } = options;
  const asked: Asked = { path, options, opened, content, length };
  return map === undefined ? measure(asked) : drawMap(asked, map);
};

export const addEntropies = (program: Command): void => {
  const command = withVariants(
    withSharedOptions(
      program
        .command("entropies")
        .description("print how widely queries look: the entropy of attention by layer and position, in nats")
        .argument("<model>", modelArgument)
        .requiredOption("--text <file>", 'the text, or documents as .jsonl, a line a {"text": …}; - is standard input')
        .option("--separator <text>", "what stands between documents; each then begins anew")
        .option("--length <tokens>", "tokens of a window; absent: the trained window, or 64 with --map", number)
        .option(
          "--windows <n>",
          "windows, one behind another in the text, each starting with nothing before it; absent: 1",
          number,
        )
        .option("--layers <list>", "layers by comma, from 0; absent: all", numberList)
        .option("--bucket <tokens>", "positions that share a mean; absent: 512", number)
        .option(
          "--map <layer[:head]>",
          "draw what attends to what in one layer instead: in a head, or in the mean of all",
          mapPlace,
        )
        .option("--chunk-size <tokens>", "tokens of a prefill chunk, at most", number)
        .addOption(workersOption())
        .option(
          "--svg <file>",
          "where the picture goes; absent: entropies.svg or attention.svg, or nowhere with --json",
        ),
    ),
  );
  command
    .addHelpText(
      "after",
      examples(
        "ropewalk entropies stories260K --text a.txt --length 2048",
        "ropewalk entropies stories260K --text a.txt --length 2048 --entropy log-n",
        "ropewalk entropies stories260K --text a.txt --map 3:1",
      ),
    )
    .action(entropies);
};
