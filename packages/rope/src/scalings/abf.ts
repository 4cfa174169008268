/**
 * Adjusted base frequency, Xiong et al., arXiv 2309.16039:
 *
 *     theta' in place of theta
 *
 * The paper takes 500,000 in place of 10,000, and continues training.
 */
import type { Change, ScalingOf } from "../scaling.ts";

export const abf = ({ theta }: ScalingOf<"abf">): Change => ({ theta });
