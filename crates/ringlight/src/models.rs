//! `ringlight models`: what the models folder holds, and how files become models.

use std::path::PathBuf;

use anyhow::{Context, Result};
use listen::ListenError;
use listen::models::{self, CATALOGUE, Model, Standing};

use crate::cli::{ModelsArgs, ModelsImportArgs};
use crate::failure::Advice;
use crate::out;

/// The folder that a command, the environment or the user's cache names.
pub(crate) fn folder(named: Option<&PathBuf>) -> Result<PathBuf> {
    named.cloned().or_else(|| models::folder(|name| std::env::var_os(name))).ok_or_else(|| {
        Advice::new(
            "there is no models folder",
            "name one with --models DIR, or set RINGLIGHT_MODELS or HOME",
        )
        .error()
    })
}

/// One line a model. Succeeds when all are there.
pub(crate) fn list(args: &ModelsArgs) -> Result<bool> {
    let folder = folder(args.models.as_ref())?;
    out::line(format!("models folder  {}", folder.display()));
    let mut all = true;
    for model in CATALOGUE {
        let standing = models::standing(model, &folder);
        all &= standing == Standing::Ready;
        let state = match standing {
            Standing::Ready => "ready",
            Standing::Missing => "missing",
            Standing::Damaged => "damaged",
        };
        out::line(format!(
            "{:<14} {state:<8} {} ({}, {} MB, {})",
            model.name,
            model.file,
            model.about,
            model.bytes / 1_000_000,
            model.licence
        ));
    }
    if !all {
        out::line("`make models` gets what is missing; without it the server runs and hears less");
    }
    Ok(all)
}

/// Makes every model that the folders hold the files of, and says which are still missing.
pub(crate) fn import(args: &ModelsImportArgs) -> Result<bool> {
    let folder = folder(args.folder.models.as_ref())?;
    let wanted: Vec<&Model> = CATALOGUE
        .into_iter()
        .filter(|model| args.only.as_ref().is_none_or(|only| only == model.name))
        .collect();
    if wanted.is_empty() {
        let known: Vec<_> = CATALOGUE.iter().map(|model| model.name).collect();
        return Err(Advice::new(
            format!("no model is called {}", args.only.as_deref().unwrap_or_default()),
            format!("there are {}", known.join(", ")),
        )
        .error());
    }
    for model in wanted {
        let made = models::import(model, &args.from, &folder)
            .map_err(advised)
            .with_context(|| format!("import {}", model.name))?;
        let what = if made { "imported" } else { "there already" };
        out::line(format!("{:<14} {what}: {}", model.name, folder.join(model.file).display()));
    }
    Ok(true)
}

fn advised(error: ListenError) -> anyhow::Error {
    let hint = match &error {
        ListenError::Absent { .. } => {
            "name the folder with the unpacked files as they were published; `make models` does all of it"
        }
        ListenError::Altered { .. } => {
            "the download is broken or another version; remove it and run `make models`"
        }
        _ => return error.into(),
    };
    let what = error.to_string();
    Advice::new(what, hint).error()
}
