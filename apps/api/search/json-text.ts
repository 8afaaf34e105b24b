import type { FastifyReply } from 'fastify';

/** JSON text of a view. Made where the view is made, so that nobody else has to take it apart and write it again. */
export type JsonText<View> = string & { readonly view?: View };

export function jsonText<View>(view: View): JsonText<View> {
  return JSON.stringify(view);
}

/** Answers with a view that has been written already: Fastify sends text of this type as it is. To be returned by the handler. */
export function asWritten<View>(reply: FastifyReply, text: JsonText<View>): View {
  void reply.type('application/json; charset=utf-8');
  // What routes return is typed by their schema.
  return text as unknown as View;
}
