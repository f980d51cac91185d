import type { OnvifQuestion } from './onvif-messages.ts';
import { askCamera } from './onvif-questions.ts';

/**
 * A process of its own, since a camera's answer can make the library throw where nobody can catch it. Such a question
 * ends by its timeout; the others go on.
 */
process.on('uncaughtException', () => undefined);
process.on('unhandledRejection', () => undefined);
process.on('message', (question: OnvifQuestion) => {
  void askCamera(question).then((answer) => {
    if (process.connected) process.send?.(answer, () => undefined);
  });
});
process.on('disconnect', () => process.exit(0));
