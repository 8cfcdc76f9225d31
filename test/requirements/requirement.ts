/** Something that a text asks of us, or tells us to expect. A test proves it by citing the id in its name, in brackets. */
export type Requirement = readonly [id: string, source: string, sentence: string];
