/**
 * Dynamic NTK, emozilla, as given in YaRN, arXiv 2309.00071, section 3.3, and as Hugging Face transformers computes it
 * (`dynamic`): NTK-aware interpolation by a factor that grows with the length,
 *
 *     1 + factor * max(0, seqLen / L - 1)        L = originalContext
 *
 * Within the trained context this is the default. Beyond it every length has its own frequencies, so a key that was
 * rotated for one length is wrong for another.
 */
import type { Basis, Change, ScalingOf } from "../scaling.ts";
import { ntkAware } from "./ntk-aware.ts";

export const dynamicNtk = ({ factor, originalContext }: ScalingOf<"dynamic-ntk">, basis: Basis): Change =>
  ntkAware({ factor: 1 + factor * Math.max(0, basis.seqLen / originalContext - 1) }, basis);
