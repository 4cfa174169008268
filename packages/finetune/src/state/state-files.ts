/**
 * A training state as files, wherever they are kept:
 *
 *   parameters.safetensors   the weights, by their names
 *   means.safetensors        AdamW's means of gradients and their squares, "first.<name>" and "second.<name>"
 *   state.json               steps done, the run's identity, and a fingerprint of the two files
 */
import { check, checkInteger, checkKeys, type Keys, type Rule } from "@ropewalk/check";
import { readJson, readSafetensorsHeader, safetensorsOf, type CheckpointFolder } from "@ropewalk/models";
import type { AdamWState, Parameter, Parameters } from "../optimizer/adam-w.ts";
import type { TrainState } from "../train/train.ts";
import { fingerprint, textBytes } from "./fingerprint.ts";
import { checkSameRun, type RunIdentity } from "./run-identity.ts";

export type StateFile = { readonly name: string; readonly parts: Iterable<Uint8Array> };

const stateFile = "state.json";
const [parametersFile, meansFile] = ["parameters.safetensors", "means.safetensors"] as const;

type StateRecord = {
  readonly version: 1;
  readonly step: number;
  readonly run: RunIdentity;
  /** A fingerprint of the files' contents, so that files that a power failure left incomplete are recognised. */
  readonly contents: string;
};

const text: Rule = (where, name, value) =>
  check(typeof value === "string", `${where}: ${name} must be text`, value, "string");

const recordKeys: Keys<StateRecord> = { version: true, step: true, run: true, contents: text };
const runKeys: Keys<RunIdentity> = { model: text, data: text, configuration: true };

const meansAsTensors = (parameters: Parameters, { means }: AdamWState): Parameters =>
  Object.fromEntries(
    Object.entries(parameters).flatMap(([name, { dims }]) => [
      [`first.${name}`, { dims, data: means[name]!.first }],
      [`second.${name}`, { dims, data: means[name]!.second }],
    ]),
  );

const contentsOf = (...all: readonly Parameters[]): Promise<string> =>
  fingerprint(all.flatMap((tensors) => [...safetensorsOf(tensors)]));

/** The files of a state. Their bytes are the state's own arrays, so they must be written before the next step. */
export const stateFiles = async (
  run: RunIdentity,
  { step, parameters, optimizer }: TrainState,
): Promise<readonly StateFile[]> => {
  const means = meansAsTensors(parameters, optimizer);
  const record: StateRecord = { version: 1, step, run, contents: await contentsOf(parameters, means) };
  return [
    { name: parametersFile, parts: safetensorsOf(parameters) },
    { name: meansFile, parts: safetensorsOf(means) },
    // Last, so that an unfinished folder does not count as a state.
    { name: stateFile, parts: [textBytes(record)] },
  ];
};

/** The record in a folder's state.json; undefined where there is none. */
export const readRecord = async (where: string, folder: CheckpointFolder): Promise<StateRecord | undefined> => {
  const record = (await readJson(folder, stateFile)) as StateRecord | undefined;
  if (record === undefined) return undefined;
  const name = `${folder.name}/${stateFile}`;
  checkKeys<StateRecord>(`${where}: ${name}`, "the record", record, recordKeys);
  check(record.version === 1, `${where}: ${name}: version must be 1`, record.version, "number");
  checkInteger(where, `${name}: step`, record.step, 0);
  checkKeys<RunIdentity>(`${where}: ${name}`, "run", record.run, runKeys);
  const { configuration } = record.run;
  check(
    typeof configuration === "object" && configuration !== null,
    `${where}: ${name}: run.configuration must be an object`,
    configuration,
    "object",
  );
  return record;
};

const readTensors = async (where: string, folder: CheckpointFolder, file: string): Promise<Parameters> => {
  const found = await folder.file(file);
  if (found === undefined) throw new RangeError(`${where}: ${folder.name} must have ${file}, got none`);
  const read: [string, Parameter][] = [];
  for (const { name, type, dims, offset, length } of await readSafetensorsHeader(file, found.source)) {
    check(type === "F32", `${where}: ${file}: ${name} must be in F32`, type);
    const bytes = await found.source.read(offset, offset + length);
    read.push([name, { dims, data: new Float32Array(new Uint8Array(bytes).buffer) }]);
  }
  return Object.fromEntries(read);
};

const needTensor = (where: string, file: string, tensors: Parameters, name: string, dims: readonly number[]) => {
  const tensor = tensors[name];
  check(
    String(tensor?.dims) === String(dims),
    `${where}: ${file}: ${name} must be [${dims.join(", ")}]`,
    tensor && `[${tensor.dims.join(", ")}]`,
  );
  return tensor!.data;
};

/**
 * The state of a folder.
 *
 * @throws RangeError naming the file when it is incomplete, or a tensor without means
 */
export const readStateFiles = async (
  where: string,
  folder: CheckpointFolder,
  { step, contents }: StateRecord,
): Promise<TrainState> => {
  const parameters = await readTensors(where, folder, parametersFile);
  const tensors = await readTensors(where, folder, meansFile);
  const means = Object.fromEntries(
    Object.entries(parameters).map(([name, { dims }]) => [
      name,
      {
        first: needTensor(where, meansFile, tensors, `first.${name}`, dims),
        second: needTensor(where, meansFile, tensors, `second.${name}`, dims),
      },
    ]),
  );
  const optimizer: AdamWState = { step, means };
  const found = await contentsOf(parameters, meansAsTensors(parameters, optimizer));
  check(
    found === contents,
    `${where}: ${folder.name} must be whole, with the contents ${contents.slice(0, 12)}`,
    found.slice(0, 12),
  );
  return { step, parameters, optimizer };
};

/**
 * The state of a folder that `stateFiles` were written to, wherever it is kept.
 *
 * @returns undefined where there is none
 * @throws RangeError naming what differs from this run with both values, or the file that is incomplete
 */
export const stateFrom = async (run: RunIdentity, folder: CheckpointFolder): Promise<TrainState | undefined> => {
  const record = await readRecord("stateFrom", folder);
  if (record === undefined) return undefined;
  checkSameRun("stateFrom", folder.name, record.run, run);
  return readStateFiles("stateFrom", folder, record);
};
