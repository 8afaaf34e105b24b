import { Component, type ErrorInfo, type ReactNode } from 'react';
import { Failure } from './failure.tsx';

interface ErrorBoundaryProps {
  readonly children: ReactNode;
  /** What could not be shown: `The histogram`. */
  readonly name: string;
  /** Another value tries again: what failed was of another address. */
  readonly resetKey?: string | undefined;
  /** Whether it is only a part of a page, beside which the rest goes on. */
  readonly part?: boolean;
}

interface ErrorBoundaryState {
  readonly failure?: { readonly error: unknown; readonly stack: string };
  readonly of?: string | undefined;
}

/** Keeps an error in what is drawn within it: the rest of the page stays, and this says what happened and offers ways out. */
export class ErrorBoundary extends Component<ErrorBoundaryProps, ErrorBoundaryState> {
  override state: ErrorBoundaryState = {};

  static getDerivedStateFromError(error: unknown): Partial<ErrorBoundaryState> {
    return { failure: { error, stack: '' } };
  }

  static getDerivedStateFromProps(
    { resetKey }: ErrorBoundaryProps,
    state: ErrorBoundaryState,
  ): ErrorBoundaryState | null {
    return state.of === resetKey ? null : { of: resetKey, failure: undefined };
  }

  override componentDidCatch(error: unknown, { componentStack }: ErrorInfo): void {
    this.setState({ failure: { error, stack: componentStack ?? '' } });
  }

  override render(): ReactNode {
    const { failure } = this.state;
    if (failure === undefined) return this.props.children;
    const { name, part = false } = this.props;
    return <Failure {...failure} name={name} part={part} onRetry={() => this.setState({ failure: undefined })} />;
  }
}
