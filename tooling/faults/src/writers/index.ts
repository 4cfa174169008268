/** Everything that is killed and given a full disk, a row each. */
import { convert } from "./convert.ts";
import { download } from "./download.ts";
import { extend } from "./extend.ts";
import { finetune } from "./finetune.ts";
import { merge } from "./merge.ts";
import { save } from "./save.ts";
import { sweep } from "./sweep.ts";
import type { Writer } from "./writer.ts";

export const writers: readonly Writer[] = [convert, extend, finetune, save, download, sweep, merge];
