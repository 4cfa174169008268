/**
 * Position interpolation, Chen et al., arXiv 2306.15595, section 2.3:
 *
 *     f'(j) = f(j) / factor
 *
 * which is the default rotation at position / factor.
 */
import type { Change, ScalingOf } from "../scaling.ts";

export const linear = ({ factor }: ScalingOf<"linear">): Change => ({ frequency: (f) => f / factor });
