/** The TypeScript of an OpenAPI 3.1 description's schemas; throws on one that it does not know. */
export function schemaOf(openapi: unknown): string;
