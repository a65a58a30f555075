/**
 * How a style transfer computes its convolutions. Pictures depend on it by rounding, so it is recorded with a session,
 * and kept by its branches and replays. Sessions without a record are older than the second method. A device without
 * Winograd's method, such as tfjs, computes directly, also sessions that began by it elsewhere; new ones it records so.
 */
export const convolutionMethods = ["DIRECT", "WINOGRAD_4"] as const;

export type ConvolutionMethod = (typeof convolutionMethods)[number];

/** The method of new sessions. */
export const newConvolutions: ConvolutionMethod = "WINOGRAD_4";
