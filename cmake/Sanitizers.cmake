# llmsnap_sanitize(target): the flags of LLMSNAP_SANITIZE, on compiling and linking.
function(llmsnap_sanitize target)
  if(LLMSNAP_SANITIZE)
    set(flags -fsanitize=${LLMSNAP_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
    target_compile_options(${target} PRIVATE ${flags})
    target_link_options(${target} PUBLIC ${flags})
  endif()
endfunction()
