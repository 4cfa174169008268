/** An architecture of GGUF files, in the words of the family that computes it. */
import type { Family } from "../../families/family.ts";
import type { ArchitectureKeys } from "../keys.ts";

/** What a file states, for an architecture's config. */
export type Stated = {
  readonly keys: ArchitectureKeys;
  /** Whether the file has a tensor of that name. */
  readonly has: (tensor: string) => boolean;
  /** The keys of config.json that all architectures state alike, rotations among them. */
  readonly shared: Readonly<Record<string, unknown>>;
};

export type Architecture = {
  /** The family; a file may state that it is another one's. */
  readonly family: (stated: Stated) => Family;
  /** The keys of config.json that the shared ones lack, or that are others. */
  readonly config: (stated: Stated) => Readonly<Record<string, unknown>>;
  /** The name of the part of a tensor's name that differs from the usual one, by the family's. */
  readonly names?: Readonly<Record<string, string>>;
  /** Whether rows of queries and keys are in the order in which neighbours rotate together. Absent: pairs are half a head apart. */
  readonly interleaved?: true;
  /** Whether norms are stored with the 1 that the family adds to them. */
  readonly normsPlusOne?: true;
};
