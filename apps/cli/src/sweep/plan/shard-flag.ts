/** `--shard 3/10`, or `--shard` alone, which reads the part from variables of Kubernetes or Slurm. */
import { checkShard, type Shard } from "@ropewalk/evals";
import { InvalidArgumentError } from "commander";

type Environment = Readonly<Record<string, string | undefined>>;

/** @throws RangeError when a variable is missing or no integer */
const integer = (environment: Environment, name: string): number => {
  const text = environment[name];
  if (text === undefined || !/^-?\d+$/.test(text))
    throw new RangeError(`--shard: ${name} must be an integer, got ${text === undefined ? "none" : text}`);
  return Number(text);
};

/**
 * The part that a Kubernetes Indexed Job or a Slurm array gives this process. Kubernetes sets the index alone, so the manifest must set
 * the number of parts in JOB_COMPLETIONS.
 */
const shardHere = (environment: Environment): Shard => {
  const [kubernetes, slurm] = ["JOB_COMPLETION_INDEX", "SLURM_ARRAY_TASK_ID"].map((name) => environment[name]);
  if (kubernetes === undefined && slurm === undefined)
    throw new RangeError(
      "--shard: the part must be given as 3/10, or be in JOB_COMPLETION_INDEX and JOB_COMPLETIONS (Kubernetes) or SLURM_ARRAY_TASK_ID, _MIN and _COUNT (Slurm), got none of them",
    );
  if (kubernetes !== undefined && slurm !== undefined)
    throw new RangeError("--shard: the part must be of Kubernetes or of Slurm, got both; --shard 3/10 says which");
  if (kubernetes !== undefined)
    return { index: integer(environment, "JOB_COMPLETION_INDEX") + 1, of: integer(environment, "JOB_COMPLETIONS") };
  const step = environment["SLURM_ARRAY_TASK_STEP"] === undefined ? 1 : integer(environment, "SLURM_ARRAY_TASK_STEP");
  const place = (integer(environment, "SLURM_ARRAY_TASK_ID") - integer(environment, "SLURM_ARRAY_TASK_MIN")) / step;
  return { index: place + 1, of: integer(environment, "SLURM_ARRAY_TASK_COUNT") };
};

/** @param given - the flag's value; true when the flag stands alone */
export const readShard = (given: string | true | undefined, environment: Environment): Shard | undefined => {
  if (given === undefined) return undefined;
  if (given === true) return checkShard("--shard", shardHere(environment));
  const [, index, of] = /^(\d+)\/(\d+)$/.exec(given) ?? [];
  if (index === undefined) throw new InvalidArgumentError(`--shard: a part must be given as 3/10, got ${given}`);
  return checkShard("--shard", { index: Number(index), of: Number(of) });
};
