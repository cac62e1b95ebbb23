use super::data::{Lesson, Offer, Track};
use super::tell::is_shown;
use super::{FILES, lessons};
use dynamo_invariants::catalogue::{INVARIANTS, PROPERTIES};
use dynamo_invariants::property::{Kind, Property};
use dynamo_invariants::trace::replay::Run;
use std::collections::HashSet;
use std::path::Path;

/// How many states may follow the end of a track: enough to look at all of them.
const FOLLOWING_MAX: usize = 200_000;

fn all() -> &'static [Lesson] {
    lessons().unwrap_or_else(|refusal| panic!("{}", refusal.1))
}

/// Every track, with what errors call it.
fn tracks() -> impl Iterator<Item = (&'static Lesson, &'static Track, String)> {
    all().iter().flat_map(|lesson| {
        let tracks = lesson.tracks().into_iter();
        tracks.map(move |(name, track)| (lesson, track, format!("{}/{name}", lesson.name)))
    })
}

fn whole(track: &Track, called: &str) -> Run {
    let walked = track.walk(track.steps.len());
    walked.unwrap_or_else(|astray| panic!("{called}: {astray}")).run
}

#[test]
fn the_list_of_files_is_the_folder() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../lessons");
    let entries = std::fs::read_dir(folder).expect("the folder of lessons");
    let names = entries.map(|entry| entry.expect("an entry").file_name());
    let mut names: Vec<String> = names.map(|name| name.to_string_lossy().into_owned()).collect();
    names.retain(|name| name != "README.md");
    names.sort();
    assert_eq!(names, FILES.iter().map(|(name, _)| *name).collect::<Vec<_>>());
}

#[test]
fn lessons_are_numbered_and_every_invariant_has_one() {
    for (index, (lesson, (file, _))) in all().iter().zip(FILES).enumerate() {
        assert_eq!(lesson.number, index + 1, "{file}");
        assert_eq!(*file, format!("{:02}-{}.toml", lesson.number, lesson.name));
    }
    for invariant in INVARIANTS {
        let is_taught =
            |lesson: &&Lesson| lesson.invariant.is_some_and(|taught| taught.id == invariant.id);
        assert_eq!(all().iter().filter(is_taught).count(), 1, "{}", invariant.id);
    }
}

#[test]
fn every_step_and_every_answer_is_possible() {
    for (_, track, called) in tracks() {
        whole(track, &called);
        for (index, step) in track.steps.iter().enumerate() {
            for offer in step.choice.iter().flat_map(|choice| &choice.options) {
                if let Err(astray) = track.answer(index + 1, offer) {
                    panic!("{called}: {:?}: {astray}", offer.text);
                }
                let is_taken = |offer: &&Offer| offer.why.is_none();
                let right = Some(offer).filter(is_taken).map(|offer| Some(&offer.event));
                let taken = track.steps.get(index + 1).map(|next| next.events.first());
                assert!(
                    right.is_none_or(|right| taken == Some(right)),
                    "{called}: the step after {} does not begin with its right answer",
                    index + 1
                );
            }
        }
    }
}

#[test]
fn a_track_has_six_to_twelve_steps_and_one_or_two_questions() {
    for (_, track, called) in tracks() {
        let steps = track.steps.len();
        assert!((6..=12).contains(&steps), "{called} has {steps} steps");
        let questions = track.steps.iter().filter(|step| step.choice.is_some()).count();
        assert!((1..=2).contains(&questions), "{called} has {questions} questions");
        let choices = track.steps.iter().filter_map(|step| step.choice.as_ref());
        assert!(choices.into_iter().all(|choice| choice.options.len() > 1), "{called}");
    }
}

/// Does any state that can follow the run show the condition? The last state itself may.
fn may_follow(condition: &Property, mut run: Run, called: &str) -> bool {
    let mut known = HashSet::from([run.last().clone()]);
    let mut to_do = vec![run.last().clone()];
    while let Some(state) = to_do.pop() {
        run.states = vec![state];
        if is_shown(condition, &run) {
            return true;
        }
        let following = run.steps().into_iter().map(|(_, state)| state);
        to_do.extend(following.filter(|state| known.insert(state.clone())));
        assert!(known.len() < FOLLOWING_MAX, "{called}: too many states follow its end");
    }
    false
}

#[test]
fn the_rule_off_ends_in_a_loss_and_the_rule_on_never_does() {
    for lesson in all() {
        let (off, on) = (format!("{}/off", lesson.name), format!("{}/on", lesson.name));
        assert!(is_shown(lesson.condition, &whole(&lesson.off, &off)), "{off} ends in no loss");
        let run = whole(&lesson.on, &on);
        assert!(!is_shown(lesson.condition, &run), "{on} ends in a loss");
        let is_violated = |it: &&Property| {
            it.kind == Kind::Always
                && lesson.on.scope.excuse(it).is_none()
                && !(it.condition)(&run.model, run.last())
        };
        assert_eq!(PROPERTIES.iter().find(is_violated).map(|it| it.name), None, "{on}");
        assert!(!may_follow(lesson.condition, run, &on), "a loss may follow the end of {on}");
    }
}

#[test]
fn every_client_is_named_and_one_of_them_at_the_end() {
    for lesson in all() {
        let clients = lesson.cast.iter().filter(|(code, _)| is_client(code));
        let names: Vec<&str> = clients.map(|(_, name)| name.as_str()).collect();
        let texts = lesson.off.steps.iter().chain(&lesson.on.steps);
        let texts: String = texts.map(|step| step.text.as_str()).collect();
        for name in &names {
            assert!(texts.contains(name), "{} never names {name}", lesson.name);
        }
        for (track, Track { end, .. }) in lesson.tracks() {
            let is_named = names.iter().any(|name| end.contains(name));
            assert!(is_named, "{}/{track}: its end names no client", lesson.name);
        }
    }
}

/// Is it the code of a client: `c3`?
fn is_client(code: &str) -> bool {
    code.strip_prefix('c').is_some_and(|number| number.parse::<u32>().is_ok())
}
