// Which screen an answer is for shows in its fields, so one page serves three tools.

let asked = {};

function draw(answer) {
  if (answer.figures) show(statsScreen(answer, asked));
  else if (answer.conversations) show(searchScreen(answer, asked));
  else if (answer.messages) show(threadScreen(answer, {...asked, id: answer.id}));
  else throw new Error('There is nothing to draw in this answer.');
  document.querySelector('.sought')?.scrollIntoView({block: 'nearest'});
  say('');
}

say('Waiting for the answer');
connect({
  'tool-input': ({arguments: args}) => {
    asked = args || {};
  },
  'tool-result': result => {
    try {
      draw(answerOf(result));
    } catch (error) {
      say(error.message, true);
    }
  },
  'tool-cancelled': ({reason}) => say(reason ? `Cancelled: ${reason}` : 'Cancelled'),
}).catch(error => say(`The app that shows this page refused it: ${error.message}`, true));
