/** The wire's own name, as signatures and foreign parts carry it. */
export const WIRE = 'bedrock-converse';
