import { InterceptingCall, type Interceptor } from '@grpc/grpc-js';

/** Reports the `date` of an answer, which servers send in its initial metadata; microseconds since the epoch. */
export function dateInterceptor(tell: (micros: number) => void): Interceptor {
  return (options, nextCall) =>
    new InterceptingCall(nextCall(options), {
      start(metadata, listener, next) {
        next(metadata, {
          ...listener,
          onReceiveMetadata(received, nextMetadata) {
            const date = Date.parse(String(received.get('date')[0] ?? ''));
            if (!Number.isNaN(date)) tell(date * 1000);
            nextMetadata(received);
          },
        });
      },
    });
}
