/** A checkpoint's file by the name that a backend knows it by. */
import type { Checkpoint } from "./checkpoint.ts";
import type { CheckpointFile } from "../folder/checkpoint-folder.ts";

/** The file that a backend knows by that name. */
export const fileOf = ({ files }: Pick<Checkpoint, "files">, name: string): CheckpointFile =>
  files.find(({ external }) => external.file === name)!;
