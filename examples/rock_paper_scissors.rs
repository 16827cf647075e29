//! Rock, paper, scissors: a waiting room pairs players, each pair has a game of its own, and a game that crashes begins
//! anew, while the score is kept where no crash of a game reaches it.

use std::collections::BTreeMap;

use otp::{
    prelude::*,
    process::Subject,
    supervisor::{ChildError, DynamicRef},
};

/// What a player shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "everybody knows them")]
pub enum Hand {
    Rock,
    Paper,
    Scissors,
}

impl Hand {
    fn beats(self, other: Self) -> bool {
        matches!(
            (self, other),
            (Self::Rock, Self::Scissors) | (Self::Paper, Self::Rock) | (Self::Scissors, Self::Paper)
        )
    }
}

/// Who plays, and where news for them go.
#[derive(Debug, Clone)]
pub struct Player {
    name: &'static str,
    news: Subject<News>,
}

/// What a player is told.
#[derive(Debug, Clone)]
pub enum News {
    /// They play this game.
    Game(GameRef),
    /// They are to show a hand.
    Show,
    /// The game is over.
    Won,
    /// The game is over.
    Lost,
}

/// How often who has won.
#[derive(Debug, Default)]
pub struct Score {
    wins: BTreeMap<&'static str, u32>,
}

#[actor]
impl Score {
    #[init]
    fn init() -> Self {
        Self::default()
    }

    /// A player has won a game.
    #[handle_cast]
    pub fn won(&mut self, player: &'static str) {
        *self.wins.entry(player).or_default() += 1;
    }

    /// How often each player has won.
    #[handle_call]
    pub fn wins(&self) -> Vec<(&'static str, u32)> {
        self.wins.iter().map(|(player, wins)| (*player, *wins)).collect()
    }
}

/// One game of two players. It ends when somebody has won; when it crashes, its supervisor begins it anew.
#[derive(Debug)]
pub struct Game {
    players: [Player; 2],
    hands: [Option<Hand>; 2],
    score: ScoreRef,
}

#[actor]
impl Game {
    #[init]
    fn init(players: [Player; 2], score: ScoreRef) -> Self {
        players.iter().for_each(|player| player.news.send(News::Show));
        Self { players, hands: [None, None], score }
    }

    /// A player shows a hand, which is kept until the other one has shown theirs.
    ///
    /// # Panics
    /// When whoever shows it does not play here.
    #[handle_cast]
    pub fn show(&mut self, name: &'static str, hand: Hand, ctx: &mut Context<Self>) {
        let place = self.players.iter().position(|player| player.name == name).expect("only players show a hand");
        self.hands[place] = Some(hand);
        let [Some(first), Some(second)] = self.hands else { return };
        if first == second {
            self.hands = [None, None];
            self.players.iter().for_each(|player| player.news.send(News::Show));
            return;
        }
        let [winner, loser] = if first.beats(second) { [0, 1] } else { [1, 0] };
        self.score.won(self.players[winner].name);
        self.players[winner].news.send(News::Won);
        self.players[loser].news.send(News::Lost);
        ctx.stop(ExitReason::Normal);
    }
}

/// Pairs those who want to play.
#[derive(Debug)]
pub struct WaitingRoom {
    waiting: Option<Player>,
    games: DynamicRef<Game, [Player; 2]>,
}

#[actor]
impl WaitingRoom {
    #[init]
    fn init(games: DynamicRef<Game, [Player; 2]>) -> Self {
        Self { waiting: None, games }
    }

    /// Has a player play with whoever waits, or wait for somebody.
    ///
    /// # Errors
    /// When the game is not started.
    #[handle_call]
    pub fn join(&mut self, player: Player) -> Result<(), ChildError> {
        let Some(first) = self.waiting.take() else {
            self.waiting = Some(player);
            return Ok(());
        };
        let players = [first, player];
        // It names whichever game the two are in, the next one after a crash too, and waits for that: a game that begins
        // asks for hands before others can reach it.
        let game = self.games.start_child(players.clone())?.wait_for_restart();
        players.iter().for_each(|player| player.news.send(News::Game(game.clone())));
        Ok(())
    }
}

supervisor! {
    /// Whoever comes later may depend on who comes before, and is begun anew with it.
    Club<rest_for_one> {
        score: Score();
        games: dynamic<Game>(players, score) for players: [Player; 2] { restart: transient };
        room:  WaitingRoom(games);
    }
}

/// A player who shows these hands one after the other, and says how it went.
fn play(name: &'static str, room: &WaitingRoomRef, hands: &'static [Hand], told: Subject<String>) -> Pid {
    let room = room.clone();
    process::spawn(move |me| {
        let news = me.subject();
        room.join(Player { name, news: news.clone() })??;
        let (mut game, mut hands) = (None::<GameRef>, hands.iter());
        let (mut to_show, mut is_patient) = (0, true);
        loop {
            match news.receive(None) {
                Some(News::Game(its)) => game = Some(its),
                Some(News::Show) => to_show += 1,
                Some(News::Won) => break told.send(format!("{name} has won")),
                Some(News::Lost) => break told.send(format!("{name} has lost")),
                None => break,
            }
            while let (1.., Some(game)) = (to_show, &game) {
                to_show -= 1;
                match hands.next() {
                    Some(hand) => game.show(name, *hand),
                    // Out of ideas, they turn the table over, once.
                    None if std::mem::take(&mut is_patient) => game.show("nobody", Hand::Rock),
                    None => game.show(name, Hand::Rock),
                }
            }
        }
        Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
    })
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let club = Club::start()?;
    let told = process::current().subject();
    let game = |hands: [(&'static str, &'static [Hand]); 2]| -> Result<(), Box<dyn std::error::Error>> {
        for (name, hands) in hands {
            play(name, &club.room(), hands, told.clone());
        }
        let mut results = [told.receive(None).ok_or("they end")?, told.receive(None).ok_or("they end")?];
        results.sort_unstable();
        println!("{}, {}", results[0], results[1]);
        Ok(())
    };
    game([("ann", &[Hand::Rock]), ("bob", &[Hand::Scissors])])?;
    game([("ann", &[Hand::Rock, Hand::Paper]), ("bob", &[Hand::Rock, Hand::Scissors])])?;
    println!("and now somebody turns the table over");
    game([("cem", &[]), ("dan", &[Hand::Paper, Hand::Paper])])?;
    println!("wins: {:?}", club.score().wins()?);
    Ok(())
}
